"""Pickles that are meant to harm, by name: what public scanners of pickles look for, and ways around them.

Each ends in a call, an import or an object if Python's own machine runs it. None may get as far as a name here.
"""

import pickle
import struct

import numpy as np

TEXT = """
os.system posix.system nt.system os.popen os.execv os.spawnl os.remove os.rmdir os.putenv os.kill os.fork
posix.posix_spawn subprocess.Popen subprocess.call subprocess.check_output subprocess.getoutput builtins.eval
builtins.exec builtins.compile builtins.open builtins.getattr builtins.setattr builtins.__import__
builtins.breakpoint builtins.globals builtins.vars builtins.type builtins.map builtins.apply builtins.execfile
__builtin__.eval __builtin__.exec __builtin__.file __builtin__.getattr __builtin__.__import__ builtins.bytearray
importlib.import_module importlib.reload importlib._bootstrap._load imp.load_source runpy.run_path
runpy._run_code pkgutil.resolve_name pydoc.locate pydoc.pipepager logging.config.dictConfig logging.FileHandler
operator.attrgetter operator.methodcaller operator.itemgetter functools.partial functools.reduce
_operator.attrgetter types.CodeType types.FunctionType types.MethodType marshal.loads code.interact
code.InteractiveInterpreter codeop.compile_command cProfile.run profile.run pdb.run pdb.Pdb bdb.Bdb trace.Trace
timeit.timeit timeit.main doctest.debug_script test.support.script_helper.assert_python_ok
idlelib.run.Executive.runcode ctypes.CDLL ctypes.cdll.LoadLibrary _ctypes.dlopen cffi.FFI webbrowser.open
antigravity.geohash this.s socket.create_connection socket.socket urllib.request.urlopen
http.client.HTTPSConnection ftplib.FTP smtplib.SMTP shutil.rmtree shutil.move tempfile.mktemp pathlib.Path.unlink
io.open io.FileIO _io.FileIO codecs.open multiprocessing.Process multiprocessing.util.spawnv_passfds
asyncio.create_subprocess_shell threading.Thread signal.signal pip.main pip._internal.main venv.create
ensurepip.bootstrap setuptools.setup distutils.file_util.write_file distutils.spawn.spawn commands.getoutput
platform.popen pty.spawn sys.exit sys.modules sys.settrace gc.get_objects pickle.loads pickle.load _pickle.loads
cPickle.loads copyreg._reconstructor copyreg.__newobj__ copy_reg._reconstructor copyreg.add_extension
copyreg.pickle shelve.open dill.loads cloudpickle.loads joblib.load yaml.unsafe_load numpy.load numpy.loads
numpy.save numpy.savez numpy.memmap numpy.fromfile numpy.loadtxt numpy.genfromtxt numpy.fromregex
numpy.DataSource numpy.lib.npyio.DataSource numpy.lib.format.open_memmap numpy.ndarray.tofile
numpy.core.multiarray.fromfile numpy.core.multiarray.fromstring numpy.core.multiarray.frombuffer numpy.vectorize
numpy.core.multiarray._reconstruct.__globals__ numpy.core._internal._ctypes numpy.core.records.fromfile
numpy.testing._private.utils.runstring numpy.testing.rundocs numpy.f2py.compile numpy.f2py.capi_maps.getinit
numpy.distutils.exec_command.exec_command numpy.ctypeslib.load_library numpy.core.numerictypes.sctypeDict
numpy.random._pickle.__generator_ctor numpy.ma.core._mareconstruct numpy.core.multiarray.set_typeDict
numpy.core.numeric.fromfunction numpy.apply_along_axis numpy.random.__RandomState_ctor numpy.void numpy.object_
torch.load torch.storage._load_from_bytes torch._inductor.codecache.compile_file torch.hub.load
torch.utils._config_module.ConfigModule.load_config transformers.AutoModel.from_pretrained
keras.models.load_model tensorflow.io.read_file tensorflow.raw_ops.WriteFile pandas.read_pickle pandas.eval
sklearn.utils._joblib.load collections.Counter collections.OrderedDict datetime.datetime uuid.UUID
decimal.Decimal site.addsitedir ssl.get_server_certificate requests.get aiohttp.ClientSession bottle.template
jinja2.Template lib2to3.pgen2.pgen nnspec.run nnspec.api.run nnspec.parts.loaders.pickle.Pickle
nnspec.cli.main.main
"""
NAMES = TEXT.split()
"""What no pickle of data mentions: calls, ways to get at calls, and things that come alive when they are made."""


def text(value: str) -> bytes:
    """The value as an instruction that lays it on the stack."""
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def parted(name: str) -> tuple[str, str]:
    """Module and attribute."""
    module, _, attribute = name.rpartition(".")
    return module, attribute


def _called(name: str) -> dict[str, bytes]:
    """Every way in which a pickle calls something by its name."""
    module, attribute = parted(name)
    lines = f"{module}\n{attribute}\n".encode()
    argument = text("touch harm")
    stacked = text(module) + text(attribute) + b"\x93"
    return {
        f"GLOBAL, REDUCE {name}": b"c" + lines + b"(" + argument + b"tR.",
        f"STACK_GLOBAL, REDUCE {name}": b"\x80\x04" + stacked + argument + b"\x85R.",
        f"STACK_GLOBAL of bytes {name}": b"C" + bytes([len(module)]) + module.encode()
        + b"C" + bytes([len(attribute)]) + attribute.encode() + b"\x93" + argument + b"\x85R.",
        f"memo, STACK_GLOBAL {name}": b"\x80\x04" + text(attribute) + b"\x940" + text(module) + b"h\x00\x93)R.",
        f"INST {name}": b"(" + argument + b"i" + lines + b".",
        f"OBJ {name}": b"(c" + lines + argument + b"o.",
        f"NEWOBJ {name}": b"\x80\x02c" + lines + argument + b"\x85\x81.",
        f"NEWOBJ_EX {name}": b"\x80\x04" + stacked + argument + b"\x85}\x92.",
        f"BUILD {name}": b"c" + lines + b")\x81}" + text("__setstate__") + stacked + b"sb.",
        f"never used {name}": b"\x80\x04" + stacked + b"0N.",
        f"in a list {name}": b"](c" + lines + b"(" + argument + b"tRe.",
        f"as a key {name}": b"}c" + lines + b"Ns.",
        f"as an argument {name}": b"cnumpy\ndtype\n(c" + lines + b"I0\nI1\ntR.",
        f"after an end {name}": b"N\x300c" + lines + b"(" + argument + b"tR.",
        f"across frames {name}": b"\x80\x04\x95\x05\0\0\0\0\0\0\0" + stacked + argument + b"\x85R.",
    }  # fmt: skip


def _nested() -> dict[str, bytes]:
    """Names and calls behind other names, numbers and data."""
    system = text("posix") + text("system") + b"\x93"
    array = pickle.dumps(np.arange(4), 2)[2:-1]
    return {
        "a pickle within a pickle": b"cpickle\nloads\nC\x0ecos\nsystem\n)R.0\x85R.",
        "a call of what a call gives": b"c__builtin__\ngetattr\n(c__builtin__\n__import__\n(S'os'\ntRS'system'\ntR"
        b"(S'x'\ntR.",
        "a call of an array's method": array + text("tofile") + b"\x93.",
        "BUILD of an array by a mapping": array + b"}" + text("__class__") + system + b"sb.",
        "BUILD of an array by slots": array + b"N}" + text("dtype") + system + b"s\x86b.",
        "BUILD of a type by a mapping": b"cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR}b.",
        "BUILD of a type of fields": b"cnumpy\ndtype\n(S'V8'\nI0\nI1\ntR(I3\nS'|'\nN(S'a'\nt}I8\nI1\nI16\ntb.",
        "a type by name": b"cnumpy\ndtype\n(S'numpy.os'\nI0\nI1\ntR.",
        "a type of objects": b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.",
        "a name with dots": b"\x80\x04" + text("numpy") + text("os.system") + b"\x93(S'x'\ntR.",
        "a module with a path": b"c../../harm\nsystem\n.",
        "a module of another spelling": b"cnumpy.core.multiarray\x00\n_reconstruct\n.",
        "a module that two rules meet": b"cnumpy._core._core.multiarray\n_reconstruct\n.",
        "an attribute beyond ASCII": text("numpy") + text("ｎdarray") + b"\x93.",
        "a lone surrogate": text("numpy\ud800") + text("ndarray") + b"\x93.",
        "EXT1": b"\x80\x02\x82\x01)R.",
        "EXT2": b"\x80\x02\x83\x01\x01)R.",
        "EXT4": b"\x80\x02\x84\x01\x01\x01\x01)R.",
        "EXT4 below zero": b"\x80\x02\x84\xff\xff\xff\xff)R.",
        "PERSID": b"Pos.system\n.",
        "BINPERSID": b"\x80\x02" + text("os.system") + b"Q.",
        "a buffer from outside": b"\x80\x05\x97.",
        "a buffer from outside, read-only": b"\x80\x05N\x98.",
        "a set": b"\x80\x04\x8f(K\x01\x90.",
        "a frozen set": b"\x80\x04(K\x01\x91.",
        "a memo that is its own module": b"\x80\x04" + text("os") + b"\x94h\x00\x93.",
        "a memo by negative number": b"Np-1\ng-1\n" + system + b".",
        "a memo overwritten": text("numpy") + b"q\x000" + text("posix") + b"q\x000h\x00" + text("system")
        + b"\x93.",
        "a mark left over": b"((((c" + b"os\nsystem\n(S'x'\ntR.",
        "a protocol of the future": b"\x80\xff" + system + b")R.",
        "a string that ends a name": b"cos\rsystem\nsystem\n(S'x'\ntR.",
        "an encoding that runs code": b"c_codecs\nencode\n(" + text("x") + text("unicode_escape") + b"tR.",
        "an encoding of nothing known": b"c_codecs\nencode\n(" + text("x") + text("zlib") + b"tR.",
        "a decoder": b"c_codecs\ndecode\n(" + text("x") + text("rot13") + b"tR.",
        "an array of a shape that calls": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t"
        b"C\x01btR(K\x01(" + system + b"tcnumpy\ndtype\n(S'u1'\nI0\nI1\ntRI00\nC\x00tb.",
        "a number of objects": b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'O8'\nI0\nI1\ntRC\x08"
        b"aaaaaaaatR.",
        "a frozen buffer of objects": b"cnumpy.core.numeric\n_frombuffer\n(C\x08aaaaaaaacnumpy\ndtype\n"
        b"(S'O8'\nI0\nI1\ntR(K\x01tS'C'\ntR.",
    }  # fmt: skip


HOSTILE: dict[str, bytes] = {key: data for name in NAMES for key, data in _called(name).items()} | _nested()
