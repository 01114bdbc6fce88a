import os

from honest import Adder, serve

BYTES = b"\0\0before\0after\xff\xfe\xed\xa0\x80\xc3 @MARK@ \xf0\x9f" + b"\0" * 5_000


class Speaker(Adder):
    def say(self, answer: object) -> None:
        os.write(1, BYTES + b"\n")
        self.send_response(500 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(BYTES)


serve(Speaker)
