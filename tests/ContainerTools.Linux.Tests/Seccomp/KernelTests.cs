using ContainerTools.Linux.Seccomp;

namespace ContainerTools.Linux.Tests.Seccomp;

public class KernelTests
{
    [Fact]
    public void The_kernel_takes_the_program_and_decides_as_it_says()
    {
        SeccompFilter filter = SeccompCompiler.Compile(new SeccompProfile
        {
            DefaultAction = SeccompAction.Allow,
            Rules =
            [
                SeccompRule.Create(SeccompAction.Errno(123), ["getppid"]),
                SeccompRule.Create(SeccompAction.Errno(99), ["getpriority"], new SeccompCondition(0, SeccompOperator.MaskedEqual, 0xFFFFFFFF_0000000F, 0x5_00000003)),
                SeccompRule.Create(SeccompAction.Errno(98), ["getpriority"], new SeccompCondition(1, SeccompOperator.Greater, 0x1_0000_0000)),
                SeccompRule.Create(SeccompAction.Log, ["getpgrp"]),
            ],
        });
        FilteredThread.Run(filter, () =>
        {
            Assert.Equal(123, FilteredThread.Errno(110));
            Assert.Equal(99, FilteredThread.Errno(140, 0x5_00000003));
            Assert.Equal(99, FilteredThread.Errno(140, 0x5_000000F3));
            Assert.Equal(22, FilteredThread.Errno(140, 0x4_00000003));
            Assert.Equal(98, FilteredThread.Errno(140, 0, 0x1_0000_0001));
            Assert.Equal(0, FilteredThread.Errno(140, 0, 0));
            Assert.Equal(0, FilteredThread.Errno(111));
        });
    }

    [Fact]
    public void A_program_with_far_jumps_is_taken()
    {
        string[] names = [.. SyscallTable.Names()];
        SeccompRule[] rules = [.. names.Where(name => name is not ("getppid" or "getuid" or "futex" or "munmap" or "madvise" or "exit" or "rt_sigprocmask" or "set_robust_list"))
            .Select((name, i) => SeccompRule.Create(SeccompAction.Errno((ushort)(200 + i % 7)), [name], new SeccompCondition(5, SeccompOperator.Equal, 0xABCDEF12345))),
            SeccompRule.Create(SeccompAction.Errno(77), ["getuid"])];
        SeccompFilter filter = SeccompCompiler.Compile(new SeccompProfile { DefaultAction = SeccompAction.Allow, Rules = rules, Architectures = [SeccompArchitecture.X86_64] });
        Assert.True(filter.Count > 1500);
        FilteredThread.Run(filter, () =>
        {
            Assert.Equal(77, FilteredThread.Errno(102));
            Assert.Equal(0, FilteredThread.Errno(110));
            Assert.InRange(FilteredThread.Call(39, 0, 0, 0, 0, 0, 0xABCDEF12345) < 0 ? System.Runtime.InteropServices.Marshal.GetLastPInvokeError() : 0, 200, 206);
        });
    }
}
