import os

from honest import add

add()
os.write(1, b"x" * 3_000_000)
for number in range(50_000):
    os.write(1, f"{number} <script>\n".encode())
