using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ContainerTools.TestSupport;

/// <summary>An authority of one's own, a certificate of it for "localhost", and one for a client, as PEM files in a directory.</summary>
public sealed class TestCertificates
{
    private readonly string _directory;

    /// <param name="directory">Where the files go.</param>
    /// <param name="notAfter">When the server's certificate expires.</param>
    public TestCertificates(string directory, DateTimeOffset? notAfter = null)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        var start = DateTimeOffset.UtcNow.AddDays(-10);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var authority = request.CreateSelfSigned(start, start.AddDays(100));
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        File.WriteAllBytes(AuthorityDer, authority.RawData);
        Issue(authority, "CN=localhost", "1.3.6.1.5.5.7.3.1", start, notAfter ?? start.AddDays(90), Server, ServerKey);
        Issue(authority, "CN=client", "1.3.6.1.5.5.7.3.2", start, start.AddDays(90), Client, ClientKey);
    }

    public string Authority => Path.Combine(_directory, "ca.crt");

    public string AuthorityDer => Path.Combine(_directory, "ca.der");

    public string Server => Path.Combine(_directory, "server.pem");

    public string ServerKey => Path.Combine(_directory, "server.key");

    public string Client => Path.Combine(_directory, "client.pem");

    public string ClientKey => Path.Combine(_directory, "client.key");

    internal X509Certificate2 LoadClient() => X509Certificate2.CreateFromPemFile(Client, ClientKey);

    private static void Issue(X509Certificate2 authority, string name, string usage, DateTimeOffset start, DateTimeOffset end, string file, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Parse("127.0.0.2"));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using var certificate = request.Create(authority, start, end, RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }
}
