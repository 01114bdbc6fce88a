import time

from honest import Adder, serve


class Drip(Adder):
    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b" ")
            time.sleep(0.1)

    def do_GET(self) -> None:
        if self.path == "/health":
            super().do_GET()
        else:
            self.do_POST()


serve(Drip)
