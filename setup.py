"""Names the optional C extension, which setup.cfg cannot; everything else stands there."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "auditor._native.dexwalk",
            ["auditor/_native/dexwalk.c", "auditor/_native/dexnames.c", "auditor/_native/dexbody.c", "auditor/_native/dexwalk_graph.c"],
            depends=["auditor/_native/dexwalk.h"],
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            py_limited_api=True,
            # without a compiler the stdlib twin serves
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
