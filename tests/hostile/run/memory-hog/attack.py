held = []
for _ in range(300):  # at most 3 GB
    held.append(bytearray(b"x") * 10_000_000)
print("REACHED 3 GB")
