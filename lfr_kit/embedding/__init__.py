"""Makes templates: `create("embedder", "facenet" | "dlib_resnet" | "scripted")`.

`choose` picks one and says why; `align` and `crops` say what the network is shown; `fusion` joins the
templates of one track or one person.
"""
