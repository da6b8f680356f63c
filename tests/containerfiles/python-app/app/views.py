import flask
print(flask.version)
