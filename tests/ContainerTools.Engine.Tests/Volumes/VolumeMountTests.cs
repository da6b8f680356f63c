using ContainerTools.Engine.Volumes;

namespace ContainerTools.Engine.Tests.Volumes;

public sealed class VolumeMountTests
{
    [Theory]
    [InlineData("data:/data", ContainerMountKind.Volume, "data", "/data", false)]
    [InlineData("data:/data/:ro", ContainerMountKind.Volume, "data", "/data", true)]
    [InlineData("/srv/x/../y:/data:rw", ContainerMountKind.Bind, "/srv/y", "/data", false)]
    [InlineData("./x:/data", ContainerMountKind.Bind, "/here/x", "/data", false)]
    [InlineData("..:/data:ro,noexec", ContainerMountKind.Bind, "/", "/data", true)]
    [InlineData("/data", ContainerMountKind.Volume, null, "/data", false)]
    public void ShortForm(string text, ContainerMountKind kind, string? source, string destination, bool readOnly)
    {
        var mount = VolumeMount.Parse(text, "/here");
        Assert.Equal((kind, source, destination, readOnly), (mount.Kind, mount.Source, mount.Destination, mount.ReadOnly));
    }

    [Theory]
    [InlineData("")]
    [InlineData("data")]
    [InlineData("data:data")]
    [InlineData("data:/")]
    [InlineData("data:/x/../..")]
    [InlineData("data:/data:bogus")]
    [InlineData("a:/b:ro:c")]
    [InlineData(":/b")]
    [InlineData("x y:/b")]
    public void WrongShortForms(string text)
    {
        var error = Assert.Throws<ContainerToolsException>(() => VolumeMount.Parse(text));
        Assert.StartsWith("InvalidVolume", error.ErrorId, StringComparison.Ordinal);
        Assert.False(VolumeMount.TryParse(text, out _));
    }

    [Fact]
    public void LongForm()
    {
        var bind = VolumeMount.ParseMount("type=bind,\"source=/a,b\",target=/x,readonly,bind-propagation=rslave");
        Assert.Equal((ContainerMountKind.Bind, "/a,b", "/x", true), (bind.Kind, bind.Source, bind.Destination, bind.ReadOnly));
        Assert.Equal(["rslave"], bind.Options);
        var tmpfs = VolumeMount.ParseMount("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700");
        Assert.Equal(["size=1m", "mode=700"], tmpfs.Options);
        var volume = VolumeMount.ParseMount("src=data,dst=/d,volume-nocopy,ro=false");
        Assert.Equal((ContainerMountKind.Volume, "data", false, false), (volume.Kind, volume.Source, volume.CopyUp, volume.ReadOnly));
        foreach (string wrong in new[] { "type=moon,dst=/x", "type=bind,dst=/x", "src=data", "type=tmpfs,src=a,dst=/x", "dst=/x,bogus=1", "\"dst=/x" })
            Assert.Equal("InvalidMount", Assert.Throws<ContainerToolsException>(() => VolumeMount.ParseMount(wrong)).ErrorId);
    }
}
