using System.Text.Json;

namespace ContainerTools.Oci.Tests.Names;

public class DigestTests
{
    private const string Hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void ParsesAndPrints()
    {
        var digest = Digest.Parse("sha256:" + Hex);
        Assert.Equal("sha256", digest.Algorithm);
        Assert.Equal(Hex, digest.Hex);
        Assert.Equal("e3b0c44298fc", digest.ShortHex);
        Assert.Equal("sha256:" + Hex, digest.ToString());
        Assert.Equal(digest, Digest.FromSha256(Convert.FromHexString(Hex)));
        Assert.True(Digest.TryParse("sha512:" + new string('a', 128), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256")]
    [InlineData("sha256:")]
    [InlineData("sha256:e3b0")]
    [InlineData("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../etc/passwd0")]
    [InlineData("SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void RefusesWhatIsNoDigest(string text)
    {
        Assert.False(Digest.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Digest.Parse(text));
    }

    [Fact]
    public void DefaultNamesNothing()
    {
        Digest nothing = default;
        Assert.True(nothing.IsEmpty);
        Assert.Equal("", nothing.ToString());
        Assert.Equal("", nothing.ShortHex);
    }

    [Theory]
    [InlineData("""{"mediaType":"a","size":1}""")]
    [InlineData("""{"mediaType":"a","digest":"sha256:12","size":1}""")]
    [InlineData("""{"mediaType":"a","digest":null,"size":1}""")]
    [InlineData("""{"mediaType":"a","digest":7,"size":1}""")]
    public void DescriptorWithoutValidDigestIsInvalidJson(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, OciJson.Default.Descriptor));
}
