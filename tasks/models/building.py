"""Models are built by one thread at a time.

While transformers loads a model it takes the tying of weights out of its classes, and puts back what it found there.
Two tasks, which are threads, that do so at once may put back nothing: no model of the process is tied from then on. One
that builds a model meanwhile gets an output layer of its own, and says nothing.
"""

import threading

building = threading.RLock()
"""Held while transformers builds a model, with weights from files or without."""
