package layers

// A layer is a part of the program to which processor time is attributed.
type layer string

// The layers, as they appear in units.
const (
	kernel        layer = "kernel"
	scheduler     layer = "poller+scheduler"
	gc            layer = "gc"
	allocation    layer = "allocation"
	copying       layer = "copying"
	tls           layer = "tls"
	serialization layer = "serialization"
	library       layer = "library"
	harness       layer = "harness"
	unclassified  layer = "unclassified" // what the tables below do not name

	// caller is no layer: the time counts for the function that has called.
	caller layer = ""
)

// order is the order in which the layers are written.
var order = [...]layer{kernel, scheduler, gc, allocation, copying, tls, serialization, library, harness, unclassified}

// kernelCalls are the functions that enter the kernel. A profile shows its time as theirs.
var kernelCalls = []string{
	"internal/runtime/syscall.Syscall6", "internal/runtime/syscall/linux.Syscall6", "runtime/internal/syscall.Syscall6",
	"syscall.rawSyscallNoError", "syscall.rawVforkSyscall", "syscall.syscall", "syscall.syscall6", "syscall.rawSyscall",
	"runtime.futex", "runtime.madvise", "runtime.usleep", "runtime.osyield", "runtime.write1", "runtime.read", "runtime.closefd",
	"runtime.sysMmap", "runtime.sysMunmap", "runtime.tgkill", "runtime.rtsigprocmask", "runtime.setitimer", "runtime.sched_getaffinity",
	"runtime.kevent", "runtime.pthread_cond_signal", "runtime.pthread_cond_wait_trampoline", "runtime.clone",
}

// collections are the beginnings of functions that collect garbage, for whomever.
var collections = []string{
	"runtime.gc", "runtime.(*gc", "runtime._GC", "runtime.GC", "runtime.forcegchelper", "runtime.bgsweep", "runtime.sweep",
	"runtime.(*sweep", "runtime.deductSweepCredit", "runtime.deductAssistCredit", "runtime.bgscavenge", "runtime.(*scavenge",
	"runtime.wbBuf", "runtime.bulkBarrier", "runtime.scan", "runtime.grey", "runtime.markroot", "runtime.runFinalizers", "runtime.runfinq",
	"runtime.clearpools", "runtime.(*mheap).reclaim", "runtime.(*mspan).sweep", "runtime.(*mspan).moveInlineMarks",
}

// copies are functions that copy memory.
var copies = []string{"runtime.memmove", "runtime.typedmemmove", "runtime.typedslicecopy"}

// allocations are the beginnings of functions that allocate, of stacks also.
var allocations = []string{
	"runtime.malloc", "runtime.newobject", "runtime.newarray", "runtime.makeslice", "runtime.growslice", "runtime.makemap", "runtime.makechan",
	"runtime.rawbyteslice", "runtime.rawstring", "runtime.rawruneslice", "runtime.slicebytetostring", "runtime.stringtoslicebyte", "runtime.concat",
	"runtime.convT", "runtime.nextFree", "runtime.persistentalloc", "runtime.profilealloc", "runtime.mProf_Malloc", "runtime.(*mcache)",
	"runtime.(*mcentral)", "runtime.(*mheap)", "runtime.(*mspan)", "runtime.(*pageAlloc)", "runtime.(*pallocBits)", "runtime.(*fixalloc)",
	"runtime.newstack", "runtime.copystack", "runtime.adjust", "runtime.shrinkstack", "runtime.stackalloc", "runtime.stackfree", "runtime.stackpool",
	"runtime.stackcache", "runtime.malg", "runtime.morestack",
}

// schedules are the beginnings of functions that run goroutines, wake them up, and wait for
// events.
var schedules = []string{
	"runtime.schedule", "runtime.findRunnable", "runtime.findrunnable", "runtime.park", "runtime.mcall", "runtime.gopark", "runtime.goready", "runtime.ready",
	"runtime.netpoll", "runtime.(*pollDesc)", "runtime.(*pollCache)", "runtime.runq", "runtime.globrunq", "runtime.steal", "runtime.wake", "runtime.startm",
	"runtime.stopm", "runtime.execute", "runtime.gogo", "gogo", "runtime.gosched", "runtime.Gosched", "runtime.goexit0", "runtime.goexit1", "runtime.gdestroy",
	"runtime.newproc", "runtime.newm", "runtime.lock", "runtime.unlock", "runtime.note", "runtime.sem", "runtime.(*sem", "runtime.acquireSudog",
	"runtime.releaseSudog", "runtime.chan", "runtime.closechan", "runtime.select", "runtime.sel", "runtime.send", "runtime.recv", "runtime.entersyscall",
	"runtime.exitsyscall", "runtime.reentersyscall", "runtime.sysmon", "runtime.retake", "runtime.mstart", "runtime.mPark", "runtime.(*timer",
	"runtime.timeSleep", "runtime.resetForSleep", "runtime.handoff", "runtime.acquirep", "runtime.releasep", "runtime.pid", "runtime.mget", "runtime.mput",
	"runtime.casgstatus", "runtime.casG", "runtime.casgFrom", "runtime.inject", "runtime.resetspinning", "runtime.preempt", "runtime.asyncPreempt",
	"runtime.goyield", "runtime.gopreempt", "runtime.startlockedm", "runtime.stoplockedm", "runtime.dropg", "runtime.(*mLockProfile)", "runtime.sig",
	"runtime.doSigPreempt", "runtime.stopTheWorld", "runtime.startTheWorld", "runtime.checkRunqs", "runtime.checkIdle", "runtime.procyield", "runtime.gfget",
	"runtime.gfput", "runtime.(*cpuProfile)", "runtime.checkdead", "runtime.(*mutex)", "runtime.(*gQueue)", "runtime.(*gList)",
}

// packages are the layers of packages and of those below them, by path. The longest path
// counts. A package that none of them contains is unclassified.
var packages = map[string]layer{
	"internal/poll": scheduler, "net": scheduler, "syscall": scheduler, "os": scheduler, "golang.org/x/sys": scheduler,

	"crypto": tls, "golang.org/x/crypto": tls,

	"google.golang.org/protobuf": serialization, "encoding": serialization,
	"github.com/echobench/echobench/payload": serialization,

	"net/http": library, "net/textproto": library, "net/url": library, "mime": library, "compress": library, "hash": library,
	"golang.org/x/net": library, "golang.org/x/text": library, "google.golang.org/grpc": library, "google.golang.org/genproto": library,
	"github.com/valyala": library, "github.com/pebbe/zmq4": library, "github.com/klauspost/compress": library,
	"github.com/echobench/echobench/tcp": library, "github.com/echobench/echobench/rest": library, "github.com/echobench/echobench/grpcecho": library,
	"github.com/echobench/echobench/zmqecho": library, "github.com/echobench/echobench/gorpcecho": library, "github.com/echobench/echobench/stream": library,
	"github.com/echobench/echobench/internal/protocol": library, "github.com/echobench/echobench/internal/test/slowed": library,
	"github.com/echobench/echobench/internal/test/floor": library,

	"github.com/echobench/echobench": harness, "github.com/echobench/echobench_test": harness, "testing": harness, "runtime/pprof": harness,

	"runtime": caller, "internal": caller, "sync": caller, "time": caller, "bytes": caller, "bufio": caller, "io": caller, "context": caller,
	"errors": caller, "fmt": caller, "strings": caller, "strconv": caller, "slices": caller, "maps": caller, "sort": caller, "reflect": caller,
	"iter": caller, "math": caller, "unique": caller, "unicode": caller, "weak": caller, "cmp": caller, "container": caller, "log": caller, "path": caller,
}
