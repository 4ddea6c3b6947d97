"""Weights that change while training: one file per method.

A method defines `Params(OnlineSettings)`, `PROBES` (whether it wants the loss on rows set aside), `begin` and `update`.
Its state is a dict of JSON values with `weights`, the shares to sample by until the next update, so that a checkpoint
can hold it.
"""
