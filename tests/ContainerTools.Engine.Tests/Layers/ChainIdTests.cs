using System.Security.Cryptography;
using System.Text;
using ContainerTools.Engine.Layers;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Tests.Layers;

public class ChainIdTests
{
    [Fact]
    public void AChainIsHashedAsTheSpecificationSays()
    {
        var diffIds = Enumerable.Range(0, 20).Select(i => Digest.FromSha256(SHA256.HashData([(byte)i]))).ToList();
        var expected = diffIds[0];
        Assert.Equal(expected, ChainId.Of(diffIds[..1]));
        for (int i = 1; i < diffIds.Count; i++)
        {
            expected = Digest.FromSha256(SHA256.HashData(Encoding.ASCII.GetBytes($"{expected} {diffIds[i]}")));
            Assert.Equal(expected, ChainId.Of(diffIds[..(i + 1)]));
        }
    }

    [Fact]
    public void DigestsOfOtherLengthsAreHashedToo()
    {
        var large = Digest.FromSha512(SHA512.HashData("x"u8));
        Assert.Equal(Digest.FromSha256(SHA256.HashData(Encoding.ASCII.GetBytes($"{large} {large}"))), ChainId.Of([large, large]));
    }
}
