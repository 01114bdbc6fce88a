from honest import Adder, serve

ESCAPES = (
    "\x1b[2J\x1b[31mred\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1bc\x9b31m"
    "over\rwritten \u202eesrever \u2066isolated\u2069 \b\b\b\a\v\f@MARK@"
)


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print(ESCAPES, flush=True)
        self.send_response(500 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(ESCAPES.encode())


serve(Speaker)
