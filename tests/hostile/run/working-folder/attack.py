import os
import sys

sys.path.insert(0, "/work")
from honest import add, tried

tried("the host", lambda: os.listdir("../../../../../../../../var/lib/docker"))
print("in", os.getcwd())
add()
