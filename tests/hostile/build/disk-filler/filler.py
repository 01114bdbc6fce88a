piece = b"x" * 10_000_000
with open("/filler", "wb", buffering=0) as file:
    for _ in range(300):  # at most 3 GB
        file.write(piece)
print("REACHED 3 GB", flush=True)
