import json

with open("sums.json") as file:  # a pointer, since nobody fetched what it points to
    json.load(file)
print("REACHED the large file")
