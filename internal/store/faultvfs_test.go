package store

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// faultyDisk stands between SQLite and its files, as the default VFS of the test binary. It fails a chosen write or sync, stops
// at a number of bytes, and records what is written, so that a test can build the files that a power failure leaves.
// Each method of SQLite's VFS for Unix that it replaces is called by it.
type faultyDisk struct {
	mu sync.Mutex

	failAt   int   // the operation that fails, from 1; 0 for none
	failWith int32 // the result code of SQLite
	room     int64 // bytes that may still be written; negative for no limit
	failed   bool

	ops   int
	bytes int64
	log   []diskOp // nil unless record is set
	keep  bool
}

// diskOp is an operation on a file.
type diskOp struct {
	file string
	kind byte // w write, t truncate, s sync, d delete
	at   int64
	data []byte
}

var disk struct {
	current *faultyDisk
	unix    uintptr             // SQLite's VFS
	ours    uintptr             // the copy with our functions
	methods map[uintptr]uintptr // of files: ours by SQLite's
	theirs  map[uintptr]uintptr // SQLite's by ours
	mu      sync.Mutex
	names   map[uintptr]string // of open files
}

// at reads what SQLite's memory has at an address.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// function calls a C function at an address.
func function[F any](p uintptr) F {
	f := struct{ p uintptr }{p}
	return *(*F)(unsafe.Pointer(&f))
}

// address returns the C address of a top-level function.
func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

type (
	openFunc     func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32
	deleteFunc   func(*libc.TLS, uintptr, uintptr, int32) int32
	writeFunc    func(*libc.TLS, uintptr, uintptr, int32, int64) int32
	truncateFunc func(*libc.TLS, uintptr, int64) int32
	syncFunc     func(*libc.TLS, uintptr, int32) int32
)

// useFaultyDisk lets databases that the test opens from now on be on d.
func useFaultyDisk(t *testing.T, d *faultyDisk) {
	t.Helper()
	tls := libc.NewTLS()
	if disk.ours == 0 {
		disk.methods, disk.theirs, disk.names = map[uintptr]uintptr{}, map[uintptr]uintptr{}, map[uintptr]string{}
		disk.unix = lib.Xsqlite3_vfs_find(tls, 0)
		disk.ours = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
		name, err := libc.CString("faulty")
		if err != nil {
			t.Fatal(err)
		}
		v := at[lib.Tsqlite3_vfs](disk.ours)
		*v = *at[lib.Tsqlite3_vfs](disk.unix)
		v.FpNext, v.FzName = 0, name
		v.FxOpen, v.FxDelete = address(openFunc(diskOpen)), address(deleteFunc(diskDelete))
	}
	disk.current = d
	if rc := lib.Xsqlite3_vfs_register(tls, disk.ours, 1); rc != lib.SQLITE_OK {
		t.Fatalf("register: %d", rc)
	}
	t.Cleanup(func() {
		lib.Xsqlite3_vfs_register(tls, disk.unix, 1)
		tls.Close()
	})
}

func diskOpen(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	rc := function[openFunc](at[lib.Tsqlite3_vfs](disk.unix).FxOpen)(tls, vfs, name, file, flags, outFlags)
	if rc != lib.SQLITE_OK {
		return rc
	}
	disk.mu.Lock()
	defer disk.mu.Unlock()
	f := at[lib.Tsqlite3_file](file)
	ours, ok := disk.methods[f.FpMethods]
	if !ok {
		ours = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
		m := at[lib.Tsqlite3_io_methods](ours)
		*m = *at[lib.Tsqlite3_io_methods](f.FpMethods)
		m.FxWrite, m.FxTruncate, m.FxSync = address(writeFunc(diskWrite)), address(truncateFunc(diskTruncate)), address(syncFunc(diskSync))
		disk.methods[f.FpMethods], disk.theirs[ours] = ours, f.FpMethods
	}
	f.FpMethods = ours
	disk.names[file] = ""
	if name != 0 {
		disk.names[file] = libc.GoString(name)
	}
	return rc
}

// of returns SQLite's methods of a file, and the file's name, without its folder.
func of(file uintptr) (*lib.Tsqlite3_io_methods, string) {
	disk.mu.Lock()
	defer disk.mu.Unlock()
	name := disk.names[file]
	return at[lib.Tsqlite3_io_methods](disk.theirs[at[lib.Tsqlite3_file](file).FpMethods]), name[strings.LastIndexByte(name, '/')+1:]
}

// do counts an operation and returns the result code with which it fails, SQLITE_OK if it does not.
func (d *faultyDisk) do(op diskOp, bytes int64) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if op.file == "" { // a temporary file
		return lib.SQLITE_OK
	}
	d.ops++
	d.bytes += bytes
	switch {
	case d.failAt > 0 && d.ops == d.failAt:
		d.failed = true
		return d.failWith
	case d.room >= 0 && bytes > 0 && d.bytes > d.room:
		d.failed = true
		return lib.SQLITE_FULL
	}
	if d.keep {
		op.data = slices.Clone(op.data)
		d.log = append(d.log, op)
	}
	return lib.SQLITE_OK
}

// written returns the number of operations that were recorded.
func (d *faultyDisk) written() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.log)
}

func diskWrite(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	m, name := of(file)
	if rc := disk.current.do(diskOp{name, 'w', offset, unsafe.Slice(at[byte](data), n)}, int64(n)); rc != lib.SQLITE_OK {
		function[writeFunc](m.FxWrite)(tls, file, data, n/2, offset) // a write that fails may have written a part
		if rc == lib.SQLITE_FULL {
			return rc
		}
		return lib.SQLITE_IOERR_WRITE
	}
	return function[writeFunc](m.FxWrite)(tls, file, data, n, offset)
}

func diskTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	m, name := of(file)
	if rc := disk.current.do(diskOp{name, 't', size, nil}, 0); rc != lib.SQLITE_OK {
		return lib.SQLITE_IOERR_TRUNCATE
	}
	return function[truncateFunc](m.FxTruncate)(tls, file, size)
}

func diskSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	m, name := of(file)
	if rc := disk.current.do(diskOp{name, 's', 0, nil}, 0); rc != lib.SQLITE_OK {
		return lib.SQLITE_IOERR_FSYNC
	}
	return function[syncFunc](m.FxSync)(tls, file, flags)
}

func diskDelete(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
	path := libc.GoString(name)
	disk.current.do(diskOp{path[strings.LastIndexByte(path, '/')+1:], 'd', 0, nil}, 0)
	return function[deleteFunc](at[lib.Tsqlite3_vfs](disk.unix).FxDelete)(tls, vfs, name, syncDir)
}
