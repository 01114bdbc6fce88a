held = []
for size in range(600):  # at most 6 GB
    held.append(bytearray(b"x") * 10_000_000)
print("REACHED 6 GB", flush=True)
