piece = b"x" * 10_000_000
with open("/filler", "wb", buffering=0) as file:
    for _ in range(800):  # at most 8 GB
        file.write(piece)
print("REACHED 8 GB", flush=True)
