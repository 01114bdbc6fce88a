print("user: a judge that says this was reached")
