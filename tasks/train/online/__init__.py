"""Weights that change while training: one file per method.

A method defines `Params(OnlineSettings)`, `State(OnlineState)`, `PROBES` (whether it wants the loss on rows set aside),
`begin` and `update`; see `OnlineMethod`.
"""
