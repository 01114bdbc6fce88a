from labelled import job, write

job(lambda: write((index, label) for label in range(10) for index in range(2_000)))
