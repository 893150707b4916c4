package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience is how long a server may take to start or to stop. It is long because tests share their machine.
const patience = time.Minute

var errMissing = errors.New("PostgreSQL 15 or later is not installed (Debian: apt-get install postgresql); what needs it is not tried")

// Options of a server.
type Options struct {
	// Host is an address of this machine, such as 127.0.0.1, on which the server listens at a free port. If it is empty,
	// the server listens on a socket in its folder alone.
	Host string
	// Settings are given as "name=value" and override those of this package.
	Settings []string
}

// Server is a PostgreSQL in a temporary folder. Stop, Kill and Start must not run at the same time; all else may.
type Server struct {
	options  Options
	programs string // the folder of initdb, postgres and the others
	dir      string // holds the socket, the log and data
	port     int
	as       *syscall.Credential // of the server's processes; nil for our own

	process *exec.Cmd // the postmaster; nil while it is not running
	running *os.File  // a pipe that the server's processes hold open: it ends when the last of them has ended

	watchdog *exec.Cmd
	leash    *os.File // a pipe that ends when this process does

	databases atomic.Int64 // how many have been made
	mu        sync.Mutex   // guards templates
	templates map[string]*template
}

// Start starts a server that ends with the test. Its log is shown if the test fails.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	return start(tb, o, (*Server).initialise)
}

// New starts a server that ends with Close, or with this process. It is for what is no test.
func New(o Options) (*Server, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := s.initialise(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// Close stops a server of New and removes all that it had.
func (s *Server) Close() error { return s.close() }

// Replica starts a copy of the server that follows it by streaming. It is read-only until Promote.
func (s *Server) Replica(tb testing.TB, o Options) *Server {
	tb.Helper()
	return start(tb, o, func(r *Server) error {
		source := fmt.Sprintf("host=%s port=%d user=postgres", s.dir, s.port)
		if err := r.run("pg_basebackup", "-D", r.data(), "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync"); err != nil {
			return err
		}
		return r.Start()
	})
}

func start(tb testing.TB, o Options, first func(*Server) error) *Server {
	tb.Helper()
	s, err := prepare(o)
	require(tb, err)
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("log of PostgreSQL:\n%s", s.Log())
		}
		if err := s.close(); err != nil {
			tb.Error(err)
		}
	})
	require(tb, first(s))
	return s
}

// prepare makes the folder of a server, and a watchdog that ends the server and removes the folder once this process is gone.
func prepare(o Options) (*Server, error) {
	s := &Server{options: o, port: 5432, templates: map[string]*template{}}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian's, which are not in PATH
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(dir string) bool { return major(dir) < 15 })
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = slices.Insert(found, 0, filepath.Dir(path))
		}
	}
	i := slices.IndexFunc(found, func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, "initdb"))
		return err == nil
	})
	if i < 0 {
		return nil, errMissing
	}
	s.programs = found[i]

	// PostgreSQL refuses to run as root.
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			u, err = user.Lookup("nobody")
		}
		if err != nil {
			return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no other user to run it: %w", err)
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	if o.Host != "" {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(o.Host, "0"))
		if err != nil {
			return nil, err
		}
		if a, ok := l.Addr().(*net.TCPAddr); ok {
			s.port = a.Port
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	if s.dir, err = os.MkdirTemp("", "headwater-postgresql-"); err != nil {
		return nil, err
	}
	if s.as != nil {
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(s.dir))
		}
	}

	// The watchdog reads until the pipe ends, which it does when this process ends in whatever way.
	const watch = `read -r _
file=$1/data/postmaster.pid
for i in $(seq 100); do
	[ -e "$file" ] || break
	pid=$(head -n 1 "$file")
	if [ "$i" -lt 80 ]; then kill -QUIT "$pid"; else kill -KILL "$pid"; fi
	sleep 0.1
done
rm -rf "$1"`
	read, write, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	s.leash = write
	s.watchdog = exec.CommandContext(context.Background(), "sh", "-c", watch, "sh", s.dir)
	s.watchdog.Stdin = read
	s.watchdog.Dir = "/"
	s.watchdog.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C in a terminal is not for it
	if err := errors.Join(s.watchdog.Start(), read.Close()); err != nil {
		return nil, errors.Join(err, write.Close(), os.RemoveAll(s.dir))
	}
	return s, nil
}

// major is the version in a path such as /usr/lib/postgresql/15/bin, 0 if there is none.
func major(programs string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(programs)))
	if err != nil {
		return 0
	}
	return n
}

// initialise makes the data of a new server and starts it.
func (s *Server) initialise() error {
	err := s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "--encoding=UTF8",
		"--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	if s.options.Host != "" {
		hosts, err := os.OpenFile(filepath.Join(s.data(), "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = hosts.WriteString("host all all samenet trust\nhost replication all samenet trust\n")
		if err := errors.Join(err, hosts.Close()); err != nil {
			return err
		}
	}
	if err := s.Start(); err != nil {
		return err
	}
	return s.Exec(`CREATE ROLE ` + role + ` LOGIN`)
}

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(program string, args ...string) error {
	output, err := s.command(program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, output)
	}
	return nil
}

func (s *Server) command(program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), filepath.Join(s.programs, program), args...)
	c.Dir = s.dir
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"} // without PGPORT, PGOPTIONS and the like
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setsid: true}
	return c
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// URL is that of a database for the role that owns the databases of this package.
func (s *Server) URL(database string) string { return s.url(role, database) }

// AdminURL is that of a database for the superuser.
func (s *Server) AdminURL(database string) string { return s.url("postgres", database) }

func (s *Server) url(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database}
	q := url.Values{"sslmode": {"disable"}}
	if s.options.Host != "" {
		u.Host = net.JoinHostPort(s.options.Host, strconv.Itoa(s.port))
	} else {
		q.Set("host", s.dir)
		q.Set("port", strconv.Itoa(s.port))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Log is what the server has logged so far.
func (s *Server) Log() string {
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(log)
}

// Start starts a server that was stopped or killed, at the same address, and returns when it takes connections.
func (s *Server) Start() error {
	if s.process != nil {
		return errors.New("the server is running")
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	running, held, err := os.Pipe()
	if err != nil {
		return errors.Join(err, log.Close())
	}
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port)}
	// A commit is written to the operating system before it is acknowledged, so that killing the server loses none.
	for _, setting := range slices.Concat([]string{
		"listen_addresses=" + s.options.Host, "unix_socket_directories=" + s.dir, "max_connections=200",
		"fsync=off", "full_page_writes=off", "synchronous_commit=on", "max_wal_size=256MB", "wal_keep_size=128MB",
		"timezone=Pacific/Chatham",
	}, s.options.Settings) {
		args = append(args, "-c", setting)
	}
	c := s.command("postgres", args...)
	c.Stdout, c.Stderr = log, log
	c.ExtraFiles = []*os.File{held}
	if err := c.Start(); err != nil {
		return errors.Join(err, log.Close(), held.Close(), running.Close())
	}
	s.process, s.running = c, running
	if err := errors.Join(log.Close(), held.Close()); err != nil { // only the server's processes hold them now
		return err
	}

	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		// The eighth line says what the server is ready for.
		state, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
		if lines := strings.Split(string(state), "\n"); err == nil && len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		if s.ended(5 * time.Millisecond) {
			return errors.Join(fmt.Errorf("PostgreSQL did not start:\n%s", s.Log()), s.reap())
		}
	}
	return fmt.Errorf("PostgreSQL has not started within %s:\n%s", patience, s.Log())
}

// ended waits for the end of the server's last process, for a time at most, and says whether it came.
func (s *Server) ended(within time.Duration) bool {
	if err := s.running.SetReadDeadline(time.Now().Add(within)); err != nil {
		return false
	}
	_, err := s.running.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// reap takes the postmaster's exit and forgets it.
func (s *Server) reap() error {
	err := errors.Join(s.process.Wait(), s.running.Close())
	s.process, s.running = nil, nil
	return err
}

// Stop stops a running server, which ends its connections. With immediate it does so without writing what is in memory, as after a
// crash, and has to recover when it is started again.
func (s *Server) Stop(immediate bool) error {
	signal := syscall.SIGINT
	if immediate {
		signal = syscall.SIGQUIT
	}
	return s.end(signal)
}

// Kill ends the server's first process with SIGKILL and waits for the others, which end when they see that it is gone.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Server) end(signal syscall.Signal) error {
	if s.process == nil {
		return errors.New("the server is not running")
	}
	if err := s.process.Process.Signal(signal); err != nil {
		return err
	}
	if !s.ended(patience) {
		return fmt.Errorf("PostgreSQL has not ended within %s of %s:\n%s", patience, signal, s.Log())
	}
	err := s.reap()
	if signal == syscall.SIGKILL {
		// It holds a process id that may soon be another's.
		return os.Remove(filepath.Join(s.data(), "postmaster.pid"))
	}
	return err
}

// Promote lets a replica take writes. It returns when it does.
func (s *Server) Promote() error {
	return s.Exec(`SELECT pg_promote(true, ` + strconv.Itoa(int(patience.Seconds())) + `)`)
}

// close stops the server and removes its folder.
func (s *Server) close() error {
	var err error
	if s.process != nil {
		err = s.Stop(true)
	}
	// The watchdog removes the folder.
	return errors.Join(err, s.leash.Close(), s.watchdog.Wait())
}
