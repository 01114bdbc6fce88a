import subprocess

from honest import add

SAY = """
import os
with open("/proc/self/status") as status:
    facts = dict(line.split(":\\t", 1) for line in status if ":\\t" in line)
print("user", os.geteuid(), "group", os.getegid(), "capabilities", facts["CapEff"].strip())
"""
subprocess.run(["/python", "-c", SAY], timeout=4)
add()
