from honest import Adder, serve

NUMBERS = b'{"sum": ' + b"9" * 100_000 + b', "other": [NaN, -Infinity, 1e999999, -0.0]}'


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print("odd numbers", flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(NUMBERS)


serve(Speaker)
