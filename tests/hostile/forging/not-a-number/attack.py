from labelled import serve

ODD = [b"NaN", b"Infinity", b"1e999"]

serve(lambda count: b'{"predictions": [' + b", ".join(ODD[:count]) + b"]}")
