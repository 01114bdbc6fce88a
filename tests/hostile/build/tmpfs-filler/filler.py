piece = b"x" * 10_000_000
with open("/room/filler", "wb", buffering=0) as file:
    for _ in range(600):  # at most 6 GB
        file.write(piece)
print("REACHED 6 GB", flush=True)
