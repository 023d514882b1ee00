"""What a part of each kind must do: one small file a kind.

Layers and their helpers (`layer`, `activation`, `context`), then everything around the stack (`cost`,
`optimizer`, `regularizer`, `initializer`, `metric`), then data (`loader`, `transform`). `part` is what they share.
"""
