"""The forge: writes mobile builds from recipes, byte for byte the same on every machine, sound or damaged on demand.

archive.py  zip files          axml.py  binary AndroidManifest.xml      arsc.py   resources.arsc
dex.py      Dalvik code        elf.py   native libraries                sign.py   APK signatures
apk.py      a whole APK        macho.py Mach-O images                   ipa.py    a whole IPA

Everything here is written from the public format descriptions and shares no code with the readers it tests.
"""
