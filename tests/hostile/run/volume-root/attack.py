from honest import add

add()
