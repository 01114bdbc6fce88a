from labelled import serve

serve(lambda _: b'{"predictions": [' + b"7, " * 20_000_000)
