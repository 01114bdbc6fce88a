from honest import Adder, serve

DEEP = b"[" * 500_000 + b"]" * 500_000


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print("a deep answer", flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(DEEP)


serve(Speaker)
