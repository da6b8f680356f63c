using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ContainerTools.Core.Build.Sources;

/// <summary>The certificates of authorities for git, which reads one file with all of them.</summary>
internal static class TrustedAuthorities
{
    private static readonly string[] System = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="given">Files with authorities, PEM or DER.</param>
    /// <param name="usual">The file that git reads otherwise; null for the system's.</param>
    /// <param name="settings">Git's configuration, which may name others.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="BuildProblemException">BuildCertificateInvalid.</exception>
    internal static string Write(string path, IEnumerable<string> given, string? usual, IEnumerable<KeyValuePair<string, string>> settings)
    {
        var text = new StringBuilder();
        usual ??= System.FirstOrDefault(File.Exists);
        var others = settings.Where(static s => s.Key.StartsWith("http.", StringComparison.Ordinal) && s.Key.EndsWith(".sslcainfo", StringComparison.Ordinal)).Select(static s => s.Value);
        foreach (string file in others.Prepend(usual).OfType<string>().Where(File.Exists))
        {
            text.AppendLine(File.ReadAllText(file));
        }

        foreach (string file in given)
        {
            text.AppendLine(Read(file));
        }

        File.WriteAllText(path, text.ToString());
        return path;
    }

    private static string Read(string file)
    {
        try
        {
            byte[] data = File.ReadAllBytes(file);
            if (data.AsSpan().IndexOf("-----BEGIN"u8) >= 0)
            {
                return Encoding.UTF8.GetString(data);
            }

            using var certificate = X509CertificateLoader.LoadCertificate(data);
            return certificate.ExportCertificatePem();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new BuildProblemException("BuildCertificateInvalid", $"the certificate '{file}' cannot be used: {e.Message}");
        }
    }
}
