"""Looking back: how two mixes differ, where a row comes from, what a source went into, how often its rows were trained
on.
"""
