import json

from labelled import serve

serve(lambda count: json.dumps({"predictions": list(range(10)) * count}).encode())
