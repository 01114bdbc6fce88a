from honest import Adder, serve

PIECE = b'{"sum": [' + b"1, " * 1_000_000


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print("a huge answer", flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PIECE * 33)


serve(Speaker)
