print("site: a judge that says this was reached")
