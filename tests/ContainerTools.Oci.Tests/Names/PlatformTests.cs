namespace ContainerTools.Oci.Tests.Names;

public class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("arm64", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("Linux/aarch64", "linux/arm64")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("armhf", "linux/arm/v7")]
    public void ParsesAndNormalizes(string text, string expected) => Assert.Equal(expected, Platform.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("linux/")]
    [InlineData("a/b/c/d")]
    [InlineData("linux/amd 64")]
    public void RefusesWhatIsNoPlatform(string text) => Assert.Throws<FormatException>(() => Platform.Parse(text));

    [Theory]
    [InlineData("linux/arm/v7", "linux/arm/v7", 0)]
    [InlineData("linux/arm/v7", "linux/arm/v6", 1)]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/amd64", "linux/amd64/v1", 0)]
    [InlineData("linux/amd64", "linux/amd64/v3", null)]
    [InlineData("linux/amd64", "windows/amd64", null)]
    [InlineData("linux/arm64", "linux/arm64/v8", 0)]
    public void RanksCandidates(string wanted, string offered, int? rank) => Assert.Equal(rank, Platform.Parse(wanted).Rank(Platform.Parse(offered)));

    [Fact]
    public void CurrentIsLinux()
    {
        Assert.Equal("linux", Platform.Current.Os);
        Assert.NotEmpty(Platform.Current.Architecture);
        Assert.True(Platform.Current.Matches(Platform.Current));
    }
}
