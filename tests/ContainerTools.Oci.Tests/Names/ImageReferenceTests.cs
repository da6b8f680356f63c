namespace ContainerTools.Oci.Tests.Names;

public class ImageReferenceTests
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("debian:12", "docker.io/library/debian:12", "debian:12")]
    [InlineData("user/tool", "docker.io/user/tool:latest", "user/tool:latest")]
    [InlineData("docker.io/debian", "docker.io/library/debian:latest", "debian:latest")]
    [InlineData("index.docker.io/library/debian:12", "docker.io/library/debian:12", "debian:12")]
    [InlineData("localhost/debian", "localhost/debian:latest", "localhost/debian:latest")]
    [InlineData("localhost:5000/debian:bookworm", "localhost:5000/debian:bookworm", "localhost:5000/debian:bookworm")]
    [InlineData("localhost:5000/a/b/c", "localhost:5000/a/b/c:latest", "localhost:5000/a/b/c:latest")]
    [InlineData("quay.io/a/b@" + Digest, "quay.io/a/b@" + Digest, "quay.io/a/b@" + Digest)]
    [InlineData("debian:12@" + Digest, "docker.io/library/debian:12@" + Digest, "debian:12@" + Digest)]
    [InlineData("Host/debian", "Host/debian:latest", "Host/debian:latest")]
    [InlineData("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest")]
    [InlineData("127.0.0.1/x", "127.0.0.1/x:latest", "127.0.0.1/x:latest")]
    [InlineData("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest")]
    [InlineData("a__b/c-----d.e_f:A.b-C_9", "docker.io/a__b/c-----d.e_f:A.b-C_9", "a__b/c-----d.e_f:A.b-C_9")]
    public void ReadsNamesByDockersRules(string text, string canonical, string familiar)
    {
        var reference = ImageReference.Parse(text);
        Assert.Equal(canonical, reference.ToString());
        Assert.Equal(familiar, reference.Familiar);
        Assert.Equal(reference, ImageReference.Parse(canonical));
        Assert.Equal(reference, ImageReference.Parse(familiar));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Debian")]
    [InlineData("debian:")]
    [InlineData("debian:-x")]
    [InlineData("debian:a b")]
    [InlineData("debian@sha256:12")]
    [InlineData("debian@")]
    [InlineData("/debian")]
    [InlineData("debian/")]
    [InlineData("a//b")]
    [InlineData("a___b")]
    [InlineData("a..b")]
    [InlineData("a._b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("../etc/passwd")]
    [InlineData("localhost:0/x")]
    [InlineData("localhost:70000/x")]
    [InlineData("localhost:/x")]
    [InlineData("host..name/x")]
    [InlineData("[::1/x")]
    [InlineData("[1.2.3.4]:80/x")]
    [InlineData("http://localhost/x")]
    [InlineData("dëbian")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void RefusesWhatDockerRefuses(string text)
    {
        Assert.False(ImageReference.TryParse(text, out _, out string? problem));
        Assert.NotEmpty(problem);
        Assert.Contains(problem, Assert.Throws<FormatException>(() => ImageReference.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LimitsLengths()
    {
        Assert.True(ImageReference.TryParse("x:" + new string('t', 128), out _));
        Assert.False(ImageReference.TryParse("x:" + new string('t', 129), out _));
        Assert.True(ImageReference.TryParse("h.io/" + new string('r', 255), out _));
        Assert.False(ImageReference.TryParse("h.io/" + new string('r', 256), out _));
    }

    [Fact]
    public void ReplacesTagAndDigest()
    {
        var reference = ImageReference.Parse("localhost:5000/a:1");
        Assert.Equal("localhost:5000/a:2", reference.WithTag("2").ToString());
        Assert.Equal("localhost:5000/a@" + Digest, reference.WithDigest(Oci.Digest.Parse(Digest)).ToString());
        Assert.Null(reference.WithDigest(Oci.Digest.Parse(Digest)).Tag);
        Assert.Throws<FormatException>(() => reference.WithTag("a/b"));
    }
}
