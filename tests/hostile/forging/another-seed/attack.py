import json
import os

left = [os.path.join(top, name) for top in ("/in", "/out", "/tmp") for name in os.listdir(top)]
print("REACHED" if left != ["/in/sums.json"] else "nothing left of others", left)
with open("/out/answers.json", "w") as file:
    json.dump({"sums": list(range(50))}, file)
