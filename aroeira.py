import sys
print("aroeira", sys.argv[1:])
