"""Libraries that take long to import are imported where they are used, by one thread at a time.

Tasks are threads. Two of them that enter a circle of modules at different places hold what the other waits for, and
Python then fails one import with a deadlock error: Great Expectations and scikit-learn, say, which both lead into
narwhals.
"""

import threading

importing = threading.RLock()
"""Held while a library is imported inside a function; imports at the head of a module are done before there are
threads."""
