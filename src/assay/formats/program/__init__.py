"""Native programs and libraries, in whatever disguise: ELF, PE, Mach-O, WebAssembly, llamafile, scripts, byte code."""
