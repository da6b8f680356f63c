namespace ContainerTools.Linux.Tests.Signals;

public class SignalsTests
{
    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("sigterm", 15)]
    [InlineData("SIGKILL", 9)]
    [InlineData("9", 9)]
    [InlineData("SIGSYS", 31)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("64", 64)]
    public void ASignalIsReadAsPeopleWriteIt(string text, int number)
    {
        Assert.True(Linux.Signals.TryParse(text, out var parsed));
        Assert.Equal(number, parsed);
        Assert.True(Linux.Signals.TryParse(Linux.Signals.NameOf(number), out var again));
        Assert.Equal(number, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SIG")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("FOO")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMAX+1")]
    public void WhatIsNoSignalIsRefused(string text) => Assert.False(Linux.Signals.TryParse(text, out _));

    [Theory]
    [InlineData("CAP_CHOWN", 0)]
    [InlineData("net_admin", 12)]
    [InlineData("CAP_CHECKPOINT_RESTORE", 40)]
    public void ACapabilityHasTheKernelsNumber(string text, int number)
    {
        Assert.True(Capabilities.TryParse(text, out var parsed));
        Assert.Equal(number, parsed);
    }
}
