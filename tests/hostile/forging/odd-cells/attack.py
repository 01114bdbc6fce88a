from labelled import job, write

CELLS = ["nan", "7.0", "1e1", "٣", "-1", "=1+1"]

job(lambda: write((index, CELLS[index % 6]) for index in range(2_000)))
