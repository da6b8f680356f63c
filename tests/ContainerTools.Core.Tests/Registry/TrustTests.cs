using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ContainerTools.Core.Images;
using ContainerTools.Core.Registry;
using ContainerTools.Core.Tests.Support;
using ContainerTools.Engine;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Registry;

/// <summary>Registries with certificates of an authority of one's own.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly StoreFixture store = new();
    private readonly TestCertificates certificates;
    private readonly Image image;

    public TrustTests()
    {
        certificates = new TestCertificates(Path.Combine(store.Scratch, "tls"));
        using var from = new FakeRegistry();
        image = store.PullAsync(from.Add("x", "1", TestImage.Create("a"))).GetAwaiter().GetResult();
    }

    public void Dispose() => store.Dispose();

    [Fact]
    public async Task APrivateAuthorityIsTrustedWhenTheUserSaysSo()
    {
        using var registry = new TestRegistry(certificates: certificates);
        var destination = ImageReference.Parse(registry.Reference("x:1"));
        var error = await FailAsync(destination, new RegistryTrust(), "RegistryCertificateNotTrusted");
        Assert.Contains("CN=Test Authority, which is not trusted", error.Message, StringComparison.Ordinal);

        var other = new TestCertificates(Path.Combine(store.Scratch, "other"));
        await FailAsync(destination, new RegistryTrust { CertificateAuthorities = [other.Authority] }, "RegistryCertificateNotTrusted");

        foreach (string file in (string[])[certificates.Authority, certificates.AuthorityDer, certificates.Server])
        {
            await PushAsync(destination, new RegistryTrust { CertificateAuthorities = [other.Authority, file] });
        }

        await PushAsync(destination, new RegistryTrust { SkipCertificateCheck = true });
        await PushAsync(destination, new RegistryTrust { AllowInsecure = true });
        Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{destination}").Succeeded();
        Assert.Equal(image.Id, (await store.Images.PullAsync(destination, new PullOptions { Trust = new RegistryTrust { CertificateAuthorities = [certificates.Authority] } }, null, default)).Id);
    }

    [Fact]
    public async Task TheCertificateIsBlamedAlsoWherePlainHttpBreaksOff()
    {
        // On loopback plain HTTP comes first, and not every server answers it in its own words.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var certificate = X509Certificate2.CreateFromPemFile(certificates.Server, certificates.ServerKey);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = new SslStream(client.GetStream());
                try
                {
                    await stream.AuthenticateAsServerAsync(certificate);
                    await stream.ReadExactlyAsync(new byte[1]);
                }
                catch (Exception e) when (e is IOException or AuthenticationException)
                {
                    client.Client.Close(0);
                }
            }
        });
        await FailAsync(ImageReference.Parse($"localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/x:1"), new RegistryTrust(), "RegistryCertificateNotTrusted");
    }

    [Fact]
    public async Task ACertificateForAnotherNameOrTimeIsNotTrusted()
    {
        using var registry = new TestRegistry(certificates: certificates);
        var trust = new RegistryTrust { CertificateAuthorities = [certificates.Authority] };
        var error = await FailAsync(ImageReference.Parse($"127.0.0.1:{registry.Port}/x:1"), trust, "RegistryCertificateNotTrusted");
        Assert.Contains("for another name", error.Message, StringComparison.Ordinal);

        var expired = new TestCertificates(Path.Combine(store.Scratch, "expired"), DateTimeOffset.UtcNow.AddDays(-1));
        using var old = new TestRegistry(certificates: expired);
        error = await FailAsync(ImageReference.Parse(old.Reference("x:1")), new RegistryTrust { CertificateAuthorities = [expired.Authority] }, "RegistryCertificateNotTrusted");
        Assert.Contains("is valid from", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDirectoryOfCertificatesIsRead()
    {
        using var registry = new TestRegistry(certificates: certificates, needsClientCertificate: true);
        var destination = ImageReference.Parse(registry.Reference("x:1"));
        string root = Path.Combine(store.Scratch, "certs.d");
        string directory = Path.Combine(root, registry.Host);
        var trust = new RegistryTrust { CertificateDirectories = [root] };
        Directory.CreateDirectory(directory);
        await FailAsync(destination, trust, "RegistryCertificateNotTrusted");

        File.Copy(certificates.Authority, Path.Combine(directory, "ca.crt"));
        await FailAsync(destination, trust, "RegistryTlsFailed", "RegistryUnavailable");

        File.Copy(certificates.Client, Path.Combine(directory, "client.cert"));
        await FailAsync(destination, trust, "CertificateFileInvalid");

        File.Copy(certificates.ClientKey, Path.Combine(directory, "client.key"));
        await PushAsync(destination, trust);
    }

    [Theory]
    [InlineData("/no/such/file")]
    [InlineData("/etc/passwd")]
    public async Task AFileThatIsNoCertificateIsAnError(string file)
    {
        var error = await FailAsync(ImageReference.Parse("localhost:1/x:1"), new RegistryTrust { CertificateAuthorities = [file] }, "CertificateFileInvalid");
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    private Task<PublishedImage> PushAsync(ImageReference destination, RegistryTrust trust) => store.Images.PushAsync(image, destination, new PushOptions { Trust = trust }, null, default);

    private async Task<ContainerToolsException> FailAsync(ImageReference destination, RegistryTrust trust, params string[] errorIds)
    {
        var error = await Assert.ThrowsAsync<ContainerToolsException>(() => PushAsync(destination, trust));
        Assert.True(errorIds.Contains(error.ErrorId), $"{error.ErrorId}: {error.Message}\n{error.InnerException}");
        return error;
    }
}
