from honest import add

for folder in ("/spool", "/var/lib/spool"):
    try:
        with open(f"{folder}/filler", "wb", buffering=0) as file:
            for _ in range(500):  # at most 500 MB
                file.write(b"x" * 1_000_000)
        print("REACHED", folder)
    except OSError as error:
        print("refused", folder, error.strerror)
add()
