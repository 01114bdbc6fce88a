from honest import Adder, serve

MARKDOWN = (
    "[click](javascript:alert(1)) ![x](http://@OUTSIDE@/@MARK@.png) <b onclick=alert(1)>b</b>"
    " [ref]: data:text/html,<script>alert(1)</script> `code` # Title"
)


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print(MARKDOWN, flush=True)
        self.send_response(500 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(MARKDOWN.encode())


serve(Speaker)
