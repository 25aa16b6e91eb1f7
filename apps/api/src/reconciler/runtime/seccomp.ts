/*
 * What a session may ask of the kernel: Docker's default profile (Apache-2.0), as it is for a container without capabilities on amd64, minus
 *   - io_uring, whose operations no filter sees, and which has been the way into many kernels;
 *   - sockets of other families than `SOCKET_FAMILIES`: AF_VSOCK leads to the hypervisor past every network rule, AF_ALG has let anybody
 *     write into the page cache, which all sessions of an image share;
 *   - socketcall(2), the 32-bit call that no filter can look into and that programs have not needed since glibc 2.23.
 * Docker's own default depends on its version: older ones allow all three. Calls that a daemon's libseccomp does
 * not know are skipped by it.
 */

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. Only what equals them: the kernel looks at 32 bits of the 64 that a filter compares. */
const SOCKET_FAMILIES = [1, 2, 10, 16]

/** Allowed whatever their arguments. */
const ALLOWED = `
  accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget capset chdir chmod chown chown32 clock_adjtime clock_adjtime64
  clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 close close_range connect
  copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait
  epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark
  fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr
  fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait
  futex_waitv futex_wake futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid
  geteuid32 getgid getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
  getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr
  getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents
  io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill landlock_add_rule landlock_create_ruleset
  landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr listxattrat llistxattr _llseek lremovexattr
  lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock
  mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
  mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep
  newfstatat _newselect open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll
  ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64
  ptrace pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg
  remap_file_pages removexattr removexattrat rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending
  rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
  sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
  sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
  seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list
  set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid
  setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setsockopt setuid
  setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn
  splice stat stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time
  timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
  timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask uname unlink
  unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev`

/** Linux's own, and those that change addresses or what uname(2) says. */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff]
/** Every flag of clone(2) that makes a namespace. */
const NEW_NAMESPACES = 0x7e020000

const ENOSYS = 38

type Comparison = {
  index: number
  op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ'
  value: number
}

const allowed = (names: readonly string[], args: readonly Comparison[] = []) => ({
  names,
  action: 'SCMP_ACT_ALLOW',
  args,
})

/** The profile as Docker's API takes it. A path would be read by the docker program, never by the server. */
export const SECCOMP_PROFILE = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  archMap: [
    {
      architecture: 'SCMP_ARCH_X86_64',
      subArchitectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    },
  ],
  syscalls: [
    allowed(ALLOWED.trim().split(/\s+/)),
    ...SOCKET_FAMILIES.map((value) =>
      allowed(['socket', 'socketpair'], [{ index: 0, op: 'SCMP_CMP_EQ', value }]),
    ),
    ...PERSONALITIES.map((value) =>
      allowed(['personality'], [{ index: 0, op: 'SCMP_CMP_EQ', value }]),
    ),
    allowed(['clone'], [{ index: 0, op: 'SCMP_CMP_MASKED_EQ', value: NEW_NAMESPACES }]),
    // Its flags are in memory, where no filter can look; programs go on to clone(2).
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
  ],
})
