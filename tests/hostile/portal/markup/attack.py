from honest import Adder, serve

MARKUP = (
    "<script>alert('@MARK@')</script><img src=x onerror=alert(1)>"
    '"><svg/onload=alert(1)>{{7*7}}{% debug %}<!--<style>@import url(//x)</style>'
)


class Speaker(Adder):
    def say(self, answer: object) -> None:
        print(MARKUP, flush=True)
        self.send_response(500 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(MARKUP.encode())


serve(Speaker)
