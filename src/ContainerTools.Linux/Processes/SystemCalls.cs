using System.Runtime.InteropServices;

namespace ContainerTools.Linux.Processes;

/// <summary>System call numbers of the running architecture (x86-64 has its own table, arm64 the generic one).</summary>
internal static class SystemCalls
{
    private static readonly bool X64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public static long Read => X64 ? 0 : 63;
    public static long Write => X64 ? 1 : 64;
    public static long Close => X64 ? 3 : 57;
    public static long RtSigaction => X64 ? 13 : 134;
    public static long RtSigprocmask => X64 ? 14 : 135;
    public static long Ioctl => X64 ? 16 : 29;
    public static long Socket => X64 ? 41 : 198;
    public static long Connect => X64 ? 42 : 203;
    public static long Bind => X64 ? 49 : 200;
    public static long Listen => X64 ? 50 : 201;
    public static long Accept4 => X64 ? 288 : 242;
    public static long Sendto => X64 ? 44 : 206;
    public static long Sendmsg => X64 ? 46 : 211;
    public static long Recvmsg => X64 ? 47 : 212;
    public static long Clone => X64 ? 56 : 220;
    public static long Execve => X64 ? 59 : 221;
    public static long ExitGroup => X64 ? 231 : 94;
    public static long Kill => X64 ? 62 : 129;
    public static long Getpid => X64 ? 39 : 172;
    public static long Fcntl => X64 ? 72 : 25;
    public static long Umask => X64 ? 95 : 166;
    public static long Setresuid => X64 ? 117 : 147;
    public static long Setresgid => X64 ? 119 : 149;
    public static long Setfsuid => X64 ? 122 : 151;
    public static long Setfsgid => X64 ? 123 : 152;
    public static long Setsid => X64 ? 112 : 157;
    public static long Setgroups => X64 ? 116 : 159;
    public static long Capset => X64 ? 126 : 91;
    public static long Personality => X64 ? 135 : 92;
    public static long SchedSetscheduler => X64 ? 144 : 119;
    public static long PivotRoot => X64 ? 155 : 41;
    public static long Prctl => X64 ? 157 : 167;
    public static long Mount => X64 ? 165 : 40;
    public static long Umount2 => X64 ? 166 : 39;
    public static long Sethostname => X64 ? 170 : 161;
    public static long Setdomainname => X64 ? 171 : 162;
    public static long Keyctl => X64 ? 250 : 219;
    public static long IoprioSet => X64 ? 251 : 30;
    public static long Waitid => X64 ? 247 : 95;
    public static long Openat => X64 ? 257 : 56;
    public static long Mkdirat => X64 ? 258 : 34;
    public static long Mknodat => X64 ? 259 : 33;
    public static long Fchownat => X64 ? 260 : 54;
    public static long Symlinkat => X64 ? 266 : 36;
    public static long Fchmodat => X64 ? 268 : 53;
    public static long Fchdir => X64 ? 81 : 50;
    public static long Chroot => X64 ? 161 : 51;
    public static long Chdir => X64 ? 80 : 49;
    public static long Unshare => X64 ? 272 : 97;
    public static long SchedSetaffinity => X64 ? 203 : 122;
    public static long Dup3 => X64 ? 292 : 24;
    public static long Prlimit64 => X64 ? 302 : 261;
    public static long Setns => X64 ? 308 : 268;
    public static long SchedSetattr => X64 ? 314 : 274;
    public static long Seccomp => X64 ? 317 : 277;
    public static long MemfdCreate => X64 ? 319 : 279;
    public static long Bpf => X64 ? 321 : 280;
    public static long Execveat => X64 ? 322 : 281;
    public static long PidfdSendSignal => 424;
    public static long OpenTree => 428;
    public static long MoveMount => 429;
    public static long Fsopen => 430;
    public static long Fsconfig => 431;
    public static long Fsmount => 432;
    public static long PidfdOpen => 434;
    public static long CloseRange => 436;
    public static long Openat2 => 437;
    public static long PidfdGetfd => 438;
    public static long MountSetattr => 442;
}
